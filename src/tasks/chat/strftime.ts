const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = [
	'January',
	'February',
	'March',
	'April',
	'May',
	'June',
	'July',
	'August',
	'September',
	'October',
	'November',
	'December',
];

const two = (value: number): string => String(value).padStart(2, '0');

const directives: Readonly<Record<string, (date: Date) => string>> = {
	a: date => (days[date.getDay()] ?? '').slice(0, 3),
	A: date => days[date.getDay()] ?? '',
	b: date => (months[date.getMonth()] ?? '').slice(0, 3),
	B: date => months[date.getMonth()] ?? '',
	d: date => two(date.getDate()),
	'-d': date => String(date.getDate()),
	m: date => two(date.getMonth() + 1),
	'-m': date => String(date.getMonth() + 1),
	Y: date => String(date.getFullYear()),
	y: date => two(date.getFullYear() % 100),
	H: date => two(date.getHours()),
	I: date => two(date.getHours() % 12 || 12),
	M: date => two(date.getMinutes()),
	S: date => two(date.getSeconds()),
	p: date => (date.getHours() < 12 ? 'AM' : 'PM'),
	j: date => String(dayOfYear(date)).padStart(3, '0'),
	F: date => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`,
	T: date => `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`,
	'%': () => '%',
};

/** The directives of Python's `strftime` that chat templates use, in English and local time; others stay as they are. */
export function strftime(date: Date, format: string): string {
	return format.replaceAll(/%(-?[A-Za-z%])/g, (whole, name: string) => directives[name]?.(date) ?? whole);
}

function dayOfYear(date: Date): number {
	const midnight = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
	return (midnight - Date.UTC(date.getFullYear(), 0, 0)) / 86_400_000;
}
