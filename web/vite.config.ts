import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'
import { contentPolicy } from './csp.ts'

export default defineConfig({
  plugins: [vue()],
  define: {
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
  },
  build: {
    // The first with light-dark(), popover, field-sizing aside.
    target: ['chrome123', 'firefox125', 'safari17.5'],
    assetsInlineLimit: 0, // a data: script or style would be against the policy
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    license: { fileName: 'licenses.md' }, // of what is bundled
  },
  server: {
    headers: { 'Content-Security-Policy': contentPolicy },
    hmr: { overlay: false }, // it writes inline styles
    proxy: { '/api': process.env.NOTES_SERVER ?? 'http://127.0.0.1:7070' },
  },
  test: {
    include: ['src/**/*.test.ts'],
    restoreMocks: true,
  },
})
