/** Whether a parameter asks for nothing: clients that write all they know send null, false, or something with nothing in it. */
export function isEmpty(value: unknown): boolean {
	if (value === undefined || value === null || value === false || value === '') return true;
	return typeof value === 'object' && Object.keys(value).length === 0;
}
