import type { KeyGenerator } from '@urql/exchange-graphcache'

/** A type without an identity: part of the field that holds it. */
export const embedded: KeyGenerator = () => null

/** A type there is only one thing of: whoever answers it updates everybody who shows it. */
export const singleton: KeyGenerator = () => 'only'
