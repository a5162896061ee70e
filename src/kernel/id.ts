declare const brand: unique symbol
/** `Branded<string, 'UserId'>`: a string that cannot be swapped for another kind of string. */
export type Branded<T, Name extends string> = T & { readonly [brand]: Name }

/** The text form of any UUID. */
export const UUID_PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
