/** Bytes that can be read anywhere: an open file, or a file of the Hub read by ranges. */
export interface ByteSource {
	/** Fewer bytes than asked for only where the source ends. */
	read(into: Buffer, offset: number, length: number, position: number): Promise<{readonly bytesRead: number}>;
}
