/** A GGUF file that is not to be opened; the message says why, in words that follow the file's name. */
export class Refused extends Error {}
