import type { ErrorCode, FieldError } from '../core/errors.ts'
import { builder } from './builder.ts'

const CODES: Record<ErrorCode, { description: string }> = {
  INVALID_INPUT: { description: 'A field breaks a rule; `fields` names both. Nothing was changed.' },
  TOO_LARGE: { description: 'A field is larger than what is stored. Nothing was changed.' },
  BAD_REQUEST: { description: 'The request makes no sense as a whole. Nothing was changed.' },
  TOO_MANY: { description: 'Too many requests, or too many at once. Try again after a pause.' },
  NOT_FOUND: { description: 'It does not exist, or is not yours.' },
  CONFLICT: { description: 'Its state, or something else that exists, forbids this.' },
  FORBIDDEN: { description: 'You may not do this.' },
  UNAUTHENTICATED: { description: 'You have to sign in first.' },
  UNAVAILABLE: { description: 'Not possible at the moment: the sandbox engine or the disk is unavailable.' },
  UPSTREAM_FAILED: { description: 'Another server (Lemonade, APISIX, a sign-in provider) failed.' },
}

/** What programs can switch on; `extensions.code` of every refusal is one of these. */
const ErrorCodeType = builder.enumType('ErrorCode', {
  description: 'Why something was refused. `extensions.code` of an error is one of these, or INTERNAL_ERROR.',
  values: CODES,
})

const InputProblem = builder.objectRef<FieldError>('InputProblem').implement({
  description: 'A field of the input and the rule that it breaks.',
  fields: (t) => ({
    field: t.exposeString('field', { description: 'Dotted path of the field, such as `input.port`.' }),
    message: t.exposeString('message', { description: 'The rule, for people.' }),
  }),
})

/** Why a command was refused for one of several things: as `extensions` of an error says it for one. */
export interface ResultFailure {
  code: ErrorCode
  message: string
  fields: readonly FieldError[]
}

/** The error of one result of a bulk mutation. Resolve to a plain object: graphql throws an Error that it is handed. */
export const ResultError = builder.objectRef<ResultFailure>('ResultError').implement({
  description: 'Why a command was refused for one of several.',
  fields: (t) => ({
    code: t.expose('code', { type: ErrorCodeType, description: 'For programs.' }),
    message: t.exposeString('message', { description: 'The reason, for people.' }),
    fields: t.field({
      type: [InputProblem],
      description: 'The fields at fault; empty unless the code is INVALID_INPUT.',
      resolve: ({ fields }) => [...fields],
    }),
  }),
})
