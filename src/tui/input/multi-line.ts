const fence = '"""';

/** Whether Enter goes on to a new line: three quotes were opened and not yet closed. */
export function isOpen(text: string): boolean {
	const opened = /^\s*(?:\/set\s+system\s+)?"""/.exec(text);
	return opened !== null && !text.slice(opened[0].length).trimEnd().endsWith(fence);
}

/** The text between the quotes, when there are any around it. */
export function unquoted(text: string): string {
	const trimmed = text.trim();
	if (trimmed.startsWith(fence) && trimmed.endsWith(fence) && trimmed.length >= 2 * fence.length)
		return trimmed.slice(fence.length, -fence.length).replace(/^\n/, '').replace(/\n$/, '');
	return /^"[^"]*"$/.test(trimmed) ? trimmed.slice(1, -1) : trimmed;
}

/** A message as it is sent: without three quotes around it, else as it was typed. */
export function messageText(text: string): string {
	return text.trim().startsWith(fence) ? unquoted(text) : text.trim();
}
