// @vitest-environment jsdom
import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fakeServer, json, noteWith, problem, testUser } from '../testing/server'
import { drafts } from '../store/drafts'
import { notes } from '../store/notes'
import CaptureField from './CaptureField.vue'

beforeEach(() => {
  localStorage.clear()
  drafts.open(testUser.id)
  notes.reset()
})
afterEach(() => drafts.close())

test('a note that could not be saved stays in the field, and is sent under the same id', async () => {
  let away = true
  const seen = fakeServer(({ body }) => (away ? new TypeError('network') : json(noteWith(body as object), 201)))
  const wrapper = mount(CaptureField)
  const field = wrapper.get('textarea')

  await field.setValue('Buy milk #home')
  await wrapper.get('form').trigger('submit')
  await flushPromises()
  expect(wrapper.get('[role=alert]').text()).toContain('Not saved')
  expect(field.element.value).toBe('Buy milk #home')

  away = false
  await wrapper.get('form').trigger('submit')
  await flushPromises()
  expect(field.element.value).toBe('')
  expect(seen[1]?.body).toMatchObject({ title: 'Buy milk', tags: ['home'], id: (seen[0]?.body as { id: string }).id })
  expect(notes.list.value).toHaveLength(1)
})

test('what is refused says why and stays', async () => {
  fakeServer(() => problem(413, 'too_large', { detail: 'body is longer than 1 MiB', field: 'body' }))
  const wrapper = mount(CaptureField)
  await wrapper.get('textarea').setValue('long')
  await wrapper.get('form').trigger('submit')
  await flushPromises()
  expect(wrapper.get('[role=alert]').text()).toBe('Not saved. Body is longer than 1 MiB.')
  expect(wrapper.get('textarea').element.value).toBe('long')
})

test('what was being written is there again after a reload', async () => {
  await mount(CaptureField).get('textarea').setValue('half a thought')
  drafts.close()
  drafts.open(testUser.id)
  expect(mount(CaptureField).get('textarea').element.value).toBe('half a thought')
})
