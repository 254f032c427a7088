import type {ChatSettings} from '../chat-settings.ts';
import {messageLines, note, table} from '../notices.ts';
import {optionsInUse} from '../model-options.ts';
import {textLines} from '../styled-text.ts';
import type {ChatCommand, Step} from './command.ts';

/** What `/show` can show. */
export const showCommands: readonly ChatCommand[] = [
	{
		name: 'info',
		aliases: ['model'],
		usage: '',
		summary: 'the model: family, size, context, license',
		run: () => [{type: 'show-model', part: 'info'}],
	},
	{
		name: 'settings',
		aliases: ['parameters', 'options'],
		usage: '',
		summary: 'everything /set has set',
		run: (_text, state) => [{type: 'lines-printed', lines: table(settingRows(state.settings))}],
	},
	{
		name: 'system',
		usage: '',
		summary: 'the instructions the model follows',
		run: (_text, {settings}) => [
			{
				type: 'lines-printed',
				lines:
					settings.system === null ? note('no instructions; /set system TEXT gives some') : textLines(settings.system),
			},
		],
	},
	{
		name: 'template',
		usage: '',
		summary: 'how the model wants a conversation written down',
		run: () => [{type: 'show-model', part: 'template'}],
	},
	{
		name: 'messages',
		usage: '',
		summary: 'the conversation so far',
		run: (_text, {messages}): readonly Step[] => [
			{type: 'lines-printed', lines: messages.length === 0 ? note('nothing was said yet') : messageLines(messages)},
		],
	},
];

function settingRows(settings: ChatSettings): ReadonlyArray<readonly [string, string]> {
	const onOff = (on: boolean): string => (on ? 'on' : 'off');
	return [
		['system', settings.system === null ? 'none' : (settings.system.split('\n')[0] ?? '')],
		[
			'think',
			settings.think === null
				? 'as the model has it'
				: settings.think === true
					? 'on'
					: settings.think === false
						? 'off'
						: settings.think,
		],
		['show thinking', onOff(!settings.hideThinking)],
		['format', settings.format?.name ?? 'free text'],
		['verbose', onOff(settings.verbose)],
		['word wrap', onOff(settings.wordWrap)],
		['history', onOff(settings.history)],
		...optionsInUse(settings),
	];
}
