// The policy that notesd sends with every answer. The development server sends
// it too, so that what it forbids is seen at once; the end-to-end tests compare
// the two.
export const contentPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
  "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; " +
  "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types vue dompurify"
