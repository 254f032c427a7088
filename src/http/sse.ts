/** Server-sent events as OpenAI writes them. */
export const sseType = 'text/event-stream; charset=utf-8';
export const sseComment = ': keep-alive\n\n';
export const sseDone = 'data: [DONE]\n\n';

export function sseData(value: unknown): string {
	return `data: ${JSON.stringify(value)}\n\n`;
}
