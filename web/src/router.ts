import { createRouter, createWebHistory } from 'vue-router'
import AuthPage from './pages/AuthPage.vue'
import LostPage from './pages/LostPage.vue'
import NotesPage from './pages/NotesPage.vue'
import NoteView from './components/NoteView.vue'
import NothingOpen from './components/NothingOpen.vue'
import { nextOf } from './lib/next'
import { session } from './store/session'

declare module 'vue-router' {
  interface RouteMeta {
    /** Shown to whoever is not logged in. */
    public?: boolean
    title?: string
  }
}

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/login', name: 'login', component: AuthPage, props: { mode: 'login' }, meta: { public: true, title: 'Sign in' } },
    { path: '/signup', name: 'signup', component: AuthPage, props: { mode: 'signup' }, meta: { public: true, title: 'Sign up' } },
    {
      path: '/',
      component: NotesPage,
      children: [
        { path: '', name: 'home', component: NothingOpen },
        { path: 'notes/:id', name: 'note', component: NoteView, props: true },
      ],
    },
    { path: '/dashboard', redirect: '/' },
    { path: '/notes', redirect: '/' },
    { path: '/:path(.*)*', component: LostPage, meta: { title: 'Not here' } },
  ],
})

router.beforeEach(async (to) => {
  const user = await session.ready()
  if (to.meta.public) return user ? nextOf(to.query.next) : true
  return user ? true : { name: 'login', query: to.fullPath === '/' ? {} : { next: to.fullPath } }
})

router.afterEach((to) => {
  if (to.name !== 'note') document.title = to.meta.title ? `${to.meta.title} · Notes` : 'Notes'
})

session.whenEnded((wanted) => {
  const at = router.currentRoute.value
  if (at.meta.public || at.matched.length === 0) return
  void router.push({ name: 'login', query: wanted || at.name !== 'note' ? {} : { next: at.fullPath } })
})
