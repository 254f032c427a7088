const units: Readonly<Record<string, number>> = {ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000};

/**
 * Milliseconds of `5m`, `1h30m`, `90` (seconds), `0`, `forever` or `-1` (both `Infinity`);
 * undefined for anything else.
 */
export function parseDuration(text: string): number | undefined {
	const trimmed = text.trim().toLowerCase();
	if (trimmed === 'forever' || /^-\d/.test(trimmed)) return Infinity;
	if (/^\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed) * 1000;
	if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(trimmed)) return undefined;
	let total = 0;
	for (const [, count, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g))
		total += Number(count) * (units[unit ?? ''] ?? 0);
	return total;
}
