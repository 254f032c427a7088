import {json, yes, type Command} from './reference-types.ts';

/** The command that makes pictures. */
export const pictureCommands: readonly Command[] = [
	{
		name: 'imagine',
		summary: 'draw a picture of what you say',
		arguments: [{usage: '[prompt...]', summary: 'what to draw; - or nothing: what is piped in'}],
		options: [
			{
				flags: '-m, --model <model>',
				summary: 'a model from mofa list that does image; the default one when absent',
				completes: 'model',
			},
			{flags: '--size <size>', summary: 'width and height in pixels, such as 512x512; that of the model when absent'},
			{flags: '--steps <count>', summary: 'more take longer and may look better; those of the model when absent'},
			{flags: '--guidance <number>', summary: 'how closely to follow the prompt; 1 or less: not steered'},
			{flags: '--negative <text>', summary: 'what not to draw'},
			{flags: '--seed <number>', summary: 'the same seed gives the same picture'},
			{flags: '-n, --count <number>', summary: 'how many pictures, up to 16'},
			{
				flags: '-o, --output <file>',
				summary:
					'write this file: .png, with ffmpeg also .jpg and .webp; a folder; - is standard output, as for a pipe',
				completes: 'file',
			},
			{
				flags: '--init-image <file>',
				summary: 'begin from this picture; - is standard input',
				completes: 'file',
			},
			{flags: '--strength <number>', summary: 'how far to go from it, from 0 to 1; 0.8 when absent'},
			{
				flags: '--mask <file>',
				summary: 'as large as that picture: what is white or transparent is drawn anew, the rest stays',
				completes: 'file',
			},
			{
				flags: '--scheduler <name>',
				summary: 'euler, euler-ancestral, ddim, lcm, dpm++-2m or flow-euler; that of the model when absent',
				completes: ['euler', 'euler-ancestral', 'ddim', 'lcm', 'dpm++-2m', 'flow-euler'],
			},
			{flags: '--no-preview', summary: 'do not show the picture on the terminal'},
			{flags: '--no-daemon', summary: 'load the model in this process and leave nothing running'},
			json,
			yes,
		],
		examples: [
			{line: 'mofa imagine "a red circle above a blue square"', does: 'see it, and keep it in a file'},
			{line: 'mofa imagine "a red circle" -n 4 -o circles.png', does: 'choose among four'},
			{line: 'mofa imagine "a red circle" --seed 7 > circle.png', does: 'get the same picture every time'},
			{
				line: 'mofa imagine "a green circle" --init-image circle.png --strength 0.5',
				does: 'change a picture that is there',
			},
		],
	},
];
