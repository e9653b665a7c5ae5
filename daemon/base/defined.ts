/** The fields that have a value, as their types say so. */
type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/**
 * Leaves out the fields that are undefined: on the wire "absent" and "undefined" are one, inside
 * they are not.
 */
export function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as Defined<T>;
}
