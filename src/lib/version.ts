declare const MOFA_VERSION: string | undefined;

/** Written in by the build; code that runs unbundled (tests) has no version of its own. */
export const version: string = typeof MOFA_VERSION === 'undefined' ? '0.0.0-source' : MOFA_VERSION;
