/** Raised when the native API changes shape, so that a client never talks past a daemon of another version. */
export const protocolVersion = 1;
