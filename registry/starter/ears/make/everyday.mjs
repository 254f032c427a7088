/** Short sentences of every day, made of templates: what the ears learn beside questions about mofa. */

const lists = {
	person: 'my mother|my father|my sister|my brother|my friend|the teacher|the doctor|the neighbour|her husband|his wife|their son|our daughter|the driver|the old man|the young woman|the girl|the boy|the children|the baby|the king|the queen|the farmer|the cook|the captain|the nurse|the police|everybody|nobody|somebody|anna|ben|clara|tom|mary|peter|john|he|she|the people|a stranger|the manager|the student|the artist|the guests',
	animal: 'dog|cat|horse|cow|bird|fish|mouse|rabbit|sheep|lion|tiger|bear|wolf|fox|duck|chicken|pig|snake|bee|elephant|monkey|goat|frog|owl|spider|whale',
	food: 'bread|butter|cheese|milk|coffee|tea|water|juice|soup|rice|fish|meat|salad|an apple|an orange|a banana|some cake|eggs|potatoes|tomatoes|sugar|salt|honey|chocolate|ice cream|breakfast|lunch|dinner|lemons|onions|pasta|pizza|a sandwich|beer|wine|fruit|vegetables|nuts|a cookie|pepper',
	thing: 'book|table|chair|door|window|key|phone|letter|picture|lamp|clock|box|bag|bottle|cup|glass|knife|fork|spoon|plate|bed|shirt|coat|hat|shoe|ring|ball|car|bike|boat|ticket|map|paper|pen|pencil|camera|radio|computer|keyboard|mirror|blanket|pillow|basket|bucket|ladder|hammer|candle|umbrella|newspaper|guitar|piano|toy|flag|rope|stone|wheel|card|cable|screen|printer|envelope|carpet|curtain',
	place: 'house|garden|kitchen|school|office|shop|market|park|station|airport|hospital|church|library|museum|village|city|town|street|bridge|river|lake|sea|beach|forest|mountain|island|farm|field|hotel|restaurant|cinema|theatre|castle|bank|post office|bathroom|bedroom|cellar|corner|harbour|valley|desert|road|tower|university',
	adjective: 'big|small|old|new|young|long|short|high|low|good|bad|beautiful|ugly|clean|dirty|warm|cold|hot|cool|dry|wet|heavy|light|dark|bright|quick|slow|loud|quiet|hard|soft|easy|difficult|cheap|expensive|full|empty|happy|sad|tired|hungry|thirsty|angry|strong|weak|rich|poor|sweet|sour|deep|wide|narrow|round|strange|funny|kind|clever|brave|famous|simple|safe|dangerous|fresh|broken|ready|late|early|free|busy|sick|healthy|lazy|nice|perfect|terrible|wonderful|important',
	colour: 'red|blue|green|yellow|black|white|brown|grey|pink|orange|purple|golden|silver',
	time: 'today|tomorrow|yesterday|tonight|this morning|this evening|this afternoon|last night|last week|next week|next year|last summer|every day|in the morning|in the evening|at night|at noon|on monday|on tuesday|on wednesday|on thursday|on friday|on saturday|on sunday|in january|in february|in march|in april|in may|in june|in july|in august|in september|in october|in november|in december|in spring|in summer|in autumn|in winter|at {number} o clock|for {number} hours|for {number} minutes|in {number} days|{number} years ago|again|later|soon|now|always|never|before dinner|after lunch|all day|at the weekend|once a week',
	go: 'goes|went|walks|walked|runs|ran|drives|drove|comes|came|travels|returned|moved|hurried',
	take: 'takes|took|has|had|finds|found|sees|saw|buys|bought|sells|sold|brings|brought|loses|lost|breaks|broke|needs|needed|wants|wanted|likes|liked|opens|opened|closed|gave away|forgot|remembered|carried|painted|repaired|cleaned|washed|dropped|kept|hid|stole|used|threw away|looked for|held|showed us|pulled|pushed|built|chose|touched',
	eat: 'eats|ate|drinks|drank|cooks|cooked|likes|loves|hates|buys|made|makes|wants|prefers|tasted|ordered|brought|cut|shares',
	do: 'sleep|eat|drink|read|write|sing|dance|play|work|learn|cook|swim|run|walk|talk|listen|wait|travel|help|laugh|cry|think|speak|smile|drive|fly|draw|paint|rest|shout|jump|climb|fight|stay|leave|begin|stop|call|pay|count|sit down|stand up|wake up|get up|go home|come back|wash the dishes|clean the room|play football|watch television|ride a horse|catch the train|take a photo|tell a story|make a plan|ask a question|answer the phone|feed the {animal}|close the {thing}|open the {thing}|buy {food}|find the {thing}|go to the {place}',
	number: 'one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|a hundred|twenty one|thirty two|forty three|fifty four|sixty five|seventy six|eighty seven|ninety eight|twenty five|two hundred|five hundred|a thousand',
	digit: 'zero|one|two|three|four|five|six|seven|eight|nine',
	letter: 'a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t|u|v|w|x|y|z',
	where: 'in|on|under|behind|near|next to|in front of|beside|above|below|inside|outside|between|around|over|through|across|far from',
	country: 'france|germany|italy|spain|england|ireland|america|canada|china|japan|india|russia|brazil|africa|europe|australia|london|paris|rome|new york|berlin|the north|the south|the west|the east',
	language: 'english|french|german|spanish|italian|chinese|japanese|russian|arabic|latin',
	body: 'head|hand|foot|arm|leg|eye|ear|nose|mouth|face|hair|back|heart|finger|knee|shoulder|neck|tooth|stomach|skin',
	weather: 'raining|snowing|sunny|cloudy|windy|foggy|warm|cold|hot|getting dark|getting late|freezing',
	subject: 'music|history|art|science|mathematics|sports|politics|nature|the weather|the news|the war|peace|love|money|time|health|the future|the past|the moon|the sun|the stars|the earth|philosophy|medicine|law|fashion|dreams|friendship',
};

/** A template and how often it is drawn. */
const templates = [
	['{person} {go} to the {place} {time}', 3], ['{person} {take} (a|the|my|his|her|our|their) [{adjective}] {thing} [{time}]', 4],
	['{person} {eat} {food} [(and|with|but not) {food}] [{time}]', 3], ['the {adjective} {animal} is {where} the {place}', 2],
	['the {thing} is {where} the {thing}', 2], ['there (is|was) a {adjective} {thing} {where} the {place}', 2],
	['(can|could|will|would) you {do} [for me] [please|{time}]', 2], ['(can|may|should) (i|we) {do} [{time}]', 2],
	['(i|we|they|you) (want|need|like|have|try|love|decided|forgot|promised|plan) to {do} [{time}]', 3],
	['(where|how|when|why) (do|did|can|should) (you|we|they|i) {do} [{time}]', 3], ['what (is|was) the name of (the|your|this|that) (place|{animal}|{place}|{thing}|street|song|man|woman)', 2],
	['where is (my|the|your) [{colour}] {thing}', 2], ['who {take} (the|my|your) {thing}', 1.5], ['(what|which) {thing} do you (like|want|need|mean)', 1],
	['how (much|many) (is|are) the [{colour}] {thing}', 1], ['how (old|tall|far|big|heavy|fast) is (the|your|that) ({thing}|{animal}|{place})', 1],
	['the {thing} is {colour} and the {thing} is {colour}', 1.5], ['i have {number} (dollars|books|friends|days|pounds|apples|children|brothers|keys|minutes)', 2],
	['it is {weather} [{time}]', 1.5], ['it (was|will be) {adjective} {time}', 1], ['(my|his|her|your) {body} (hurts|is {adjective}|was {adjective})', 1.5],
	['please {do} [{time}]', 2], ["(don't|do not|never|let's|let us|always) {do} [{time}]", 1.5], ['{person} (is|was|looks|felt|seems) [very|too|so|not] {adjective} [{time}]', 3],
	['the {place} in {country} is [very] {adjective}', 1], ['(do|does|did) {person} (speak|understand|learn) {language}', 0.7], ['{person} comes from {country}', 0.7],
	['tell me (about|something about|a story about|a joke about) ({subject}|the {animal}|the {adjective} {animal}|{country})', 1.5], ['what do you (think|know) about ({subject}|{country}|the {animal})', 1],
	['the time is {number} {number}', 0.7], ['the number is {digit} {digit} {digit}', 1], ['{digit} {digit} {digit} {digit}', 1], ['{digit} {digit}', 0.7], ['{digit} {digit} {digit} {digit} {digit} {digit}', 0.7],
	['{number} (plus|minus|times|divided by) {number} is {number}', 1], ['what is {number} (plus|minus|times|divided by) {number}', 1], ['{letter} {letter} {letter}', 1], ['{letter} {letter} {letter} {letter} {digit} {digit}', 0.7], ['the letter {letter}', 0.5], ['{letter} as in {animal}', 0.3],
	['a {adjective} {animal}', 0.7], ['the {adjective} {thing}', 0.7], ['{colour} and {colour}', 0.5], ['{number} {animal} and {number} {animal}', 0.3], ['{time}', 0.7], ['{where} the {place}', 0.7],
	['if (it is {weather}|you {do}|{person} comes) (we|i|they) (will|can|must) {do}', 1.5], ['{person} said that {person} (is|was) {adjective}', 1], ['i (think|hope|know|believe|said|heard) [that] {person} (will|can|must|should|could not) {do}', 1.5],
	['when {person} came (home|back) it was {weather}', 0.7], ['(yes|no|well|okay|sorry|hello|thanks|thank you|good morning|good evening|good night|goodbye|please|maybe|of course|never mind|all right|excuse me|see you later|how are you|what time is it|i do not know|i am fine|you are welcome|help|stop|go on|wait a moment)', 2],
	['(first|then|after that|at last|suddenly|of course|perhaps|meanwhile) {person} {go} {where} the {place}', 1], ['{person} does not {do} because (it is {weather}|the {thing} is {adjective}|{person} is {adjective})', 1], ['(some|many|few|most|all) people (like|love|hate|want|need) {food}', 0.7],
	['{digit}', 0.7], ['{letter}', 0.4], ['{number}', 0.6], ['turn (on|off|up|down) the (light|lamp|radio|music|heating|computer)', 0.6], ['(set|start|stop) (a|the) timer for {number} minutes', 0.5], ['(remind|wake|call|write) me {time}', 0.6], ['(read|open|close|save|delete|print|send|show|find|copy) (the|this|my|that) (file|letter|message|page|picture|list|folder|document|text|mail)', 1],
];
let sum = 0;
const upTo = templates.map(([, weight]) => (sum += weight));
const split = new Map(Object.entries(lists).map(([name, text]) => [name, text.split('|')]));

/** The next sentence, in lower case and without punctuation. */
export function everydaySentence(random) {
	const at = random.next() * sum;
	return expand(templates[upTo.findIndex(end => at < end)][0], random);
}

/** Every word the lists hold, for sequences without sense. */
export function everydayWords() {
	return [...new Set(Object.values(lists).join(' ').replace(/\{\w+\}/g, ' ').split(/[^a-z']+/).filter(word => word.length > 1))];
}

function expand(template, random) {
	let text = template;
	for (let before = ''; before !== text; ) {
		before = text;
		text = text
			.replace(/\(([^()[\]]*)\)/g, (_, inner) => random.pick(inner.split('|')))
			.replace(/\[([^()[\]]*)\]/g, (_, inner) => (random.chance(0.5) ? random.pick(inner.split('|')) : ''))
			.replace(/\{(\w+)\}/, (_, name) => random.pick(split.get(name)));
	}
	return text.replace(/\s+/g, ' ').trim();
}
