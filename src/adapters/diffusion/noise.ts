/** What the noise of a picture is drawn for: a stream of its own each, so that none depends on another. */
export const streams = {
	start: 0,
	/** The codec knows a picture only up to some noise. */
	encoding: 1,
	masked: 2,
	/** That of step `n` is this plus `n`. */
	steps: 16,
} as const;
