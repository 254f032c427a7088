/** Whether the terminal shows more than ASCII: by its locale, or on Windows by being a newer one. */
export function showsUnicode(env: Readonly<Record<string, string | undefined>>, platform: string): boolean {
	if (platform === 'win32') return Boolean(env['WT_SESSION'] || env['TERM_PROGRAM'] || env['ConEmuTask']);
	if (env['TERM'] === 'linux' || env['TERM'] === 'dumb') return false;
	const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
	// No locale at all says nothing; every terminal of today shows UTF-8.
	return locale === '' || /utf-?8/i.test(locale);
}
