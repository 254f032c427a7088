/**
 * Nobody wrote the request that a stage makes of what comes to it: a field of it that is a picture or a sound is what came.
 * Every other field as it is.
 */
export function packetName(field: string): string {
	const part = /^messages\.\d+\.content\.\d+\.(image|audio)$/.exec(field)?.[1];
	if (part === undefined) return field;
	return part === 'image' ? 'the picture' : 'the sound';
}
