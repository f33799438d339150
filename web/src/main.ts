import { createApp } from 'vue'
import App from './App.vue'
import { handleKey } from './commands'
import { router } from './router'
import { drafts } from './store/drafts'

createApp(App).use(router).mount('#app')

addEventListener('keydown', handleKey)
addEventListener('beforeunload', (event) => {
  if (drafts.atRisk()) event.preventDefault()
})
