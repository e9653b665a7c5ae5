/** The fields with a value, with matching types. */
type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/**
 * Omits undefined fields: the wire does not distinguish "absent" and "undefined"; the code does.
 */
export function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as Defined<T>;
}
