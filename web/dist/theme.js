// Runs before the first paint, so that a chosen theme does not flash. Without a
// choice the system's applies.
try {
  const theme = localStorage.getItem('notes.theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // Storage is off: the system's theme it is.
}
