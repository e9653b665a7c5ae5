/** The one function of js-yaml that tests use; the package has no declarations. */
declare module 'js-yaml' {
  export function load(text: string): unknown;
  export function loadAll(text: string): unknown[];
}
