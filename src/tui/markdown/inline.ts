import type {Token, Tokens} from 'marked';
import {span, type Line, type Span} from '../styled-text.ts';
import type {Style} from '../theme.ts';

/** The spans of marked's inline tokens. A line break inside a span is a line break of the text: models mean it. */
export function inlineSpans(tokens: readonly Token[], styles: readonly Style[] = []): Line {
	return tokens.flatMap(token => inlineToken(token, styles));
}

function inlineToken(token: Token, styles: readonly Style[]): readonly Span[] {
	switch (token.type) {
		case 'strong':
			return inlineSpans(token.tokens ?? [], [...styles, 'bold']);
		case 'em':
			return inlineSpans(token.tokens ?? [], [...styles, 'italic']);
		case 'del':
			return inlineSpans(token.tokens ?? [], [...styles, 'strike']);
		case 'codespan':
			return [span(text(token), ...styles, 'code')];
		case 'br':
			return [span('\n', ...styles)];
		case 'link':
			return linkSpans(token as Tokens.Link, styles);
		case 'image':
			return [span(`[${text(token)}] (${(token as Tokens.Image).href})`, ...styles, 'dim')];
		case 'escape':
			return [span(text(token), ...styles)];
		case 'text':
			return token.tokens === undefined
				? [span(decodeEntities(text(token)), ...styles)]
				: inlineSpans(token.tokens, styles);
		default:
			return [span(token.raw, ...styles)];
	}
}

/** The address stays readable: a terminal cannot be trusted to show where a link leads. */
function linkSpans(token: Tokens.Link, styles: readonly Style[]): readonly Span[] {
	const label = inlineSpans(token.tokens, [...styles, 'link']);
	const same =
		token.href === token.text || token.href === `mailto:${token.text}` || token.href === `http://${token.text}`;
	return same ? label : [...label, span(` (${token.href})`, ...styles, 'dim')];
}

function text(token: Token): string {
	return 'text' in token && typeof token.text === 'string' ? token.text : token.raw;
}

const entities: Readonly<Record<string, string>> = {
	'&amp;': '&',
	'&lt;': '<',
	'&gt;': '>',
	'&quot;': '"',
	'&#39;': "'",
	'&apos;': "'",
	'&nbsp;': '\u00A0',
};

function decodeEntities(raw: string): string {
	return raw.replaceAll(/&(?:amp|lt|gt|quot|apos|nbsp|#39);/g, entity => entities[entity] ?? entity);
}
