const units: Readonly<Record<string, number>> = {
	b: 1,
	k: 1e3,
	kb: 1e3,
	kib: 1024,
	m: 1e6,
	mb: 1e6,
	mib: 1024 ** 2,
	g: 1e9,
	gb: 1e9,
	gib: 1024 ** 3,
	t: 1e12,
	tb: 1e12,
	tib: 1024 ** 4,
};

/** Bytes of `6GB`, `512 MiB` or `1000`; undefined for anything else. */
export function parseByteSize(text: string): number | undefined {
	const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
	const unit = units[(match?.[2] || 'b').toLowerCase()];
	return match === null || unit === undefined ? undefined : Math.round(Number(match[1]) * unit);
}

/** `4.7 GB`, `523 MB`, `12 kB`, `0 B`: decimal, two digits that matter. */
export function formatByteSize(bytes: number): string {
	let value = bytes;
	let unit = 0;
	const names = ['B', 'kB', 'MB', 'GB', 'TB'];
	while (value >= 999.5 && unit < names.length - 1) {
		value /= 1000;
		unit += 1;
	}
	return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${names[unit]}`;
}
