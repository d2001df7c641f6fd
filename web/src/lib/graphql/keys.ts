import type { KeyGenerator } from '@urql/exchange-graphcache'

/** A type without an identity: part of the field that holds it. */
export const embedded: KeyGenerator = () => null

/** A type with only one object: every answer updates everything that shows it. */
export const singleton: KeyGenerator = () => 'only'
