import type { components } from './schema'

type Schemas = components['schemas']

export type Note = Schemas['Note']
export type Summary = Schemas['Summary']
export type SummaryPage = Schemas['SummaryPage']
export type LiveChange = Schemas['LiveChange']
export type Hello = Schemas['Hello']
export type NewNote = Schemas['NewNote']
export type NotePatch = Schemas['NotePatch']
export type User = Schemas['User']
export type NewUser = Schemas['NewUser']
export type NewSession = Schemas['NewSession']
export type Login = Schemas['Login']
export type Problem = Schemas['Problem']
export type Code = Problem['code']
