"""What people type that is no question about a picture; templates after the bar are held out."""
import re

LISTS = {
    'person': 'your mother/the president/the king/your friend/my brother/the teacher/einstein/anna/tom/the doctor/your boss/mary/the author/somebody',
    'place': 'france/germany/paris/london/japan/china/italy/the moon/my house/school/the station/america/africa/rome/the sea/berlin',
    'subject': 'love/the weather/music/history/dogs/cats/money/the future/football/winter/the war/science/food/life/time/the stars/art/cars/a dragon/flowers/computers/politics',
    'do': 'cook rice/learn english/sleep better/write a letter/fix my car/make coffee/run faster/bake bread/install it/stop this/read a file/play music/save money/grow tomatoes/draw a house/help me/start again',
    'number': 'one/two/three/five/seven/ten/twelve/2/3/7/12/20/42/100',
    'language': 'french/german/spanish/english/python/latin/italian',
    'model': 'a model/qwen/whisper/llama/a voice/the daemon/mofa/the guide/kokoro/a small model',
}
TEMPLATES = """who is {person}; who was {person}; what is the capital of {place}; how far is {place}; where is {place}; what do you know about {subject}; tell me about {subject}; tell me a (joke/story) [about {subject}]; write a (poem/song/story/letter) about {subject};
    how do i {do}; can you {do}; how can i {do}; why should i {do}; what is {number} plus {number}; what is {number} times {number}; how much is {number} minus {number}; hello; hi; hi there; good morning; good evening; thanks; thank you; thank you very much; bye; goodbye; how are you; who are you;
    what is your name; what are you; what can you do; how old are you; where do you live; do you like {subject}; do you know {person}; what time is it now; what day is it [today]; what is the weather like [today/tomorrow]; is it raining; translate this to {language}; say it in {language}; how do you say {subject} in {language}; do you speak {language};
    how do i run {model}; what is {model}; how do i pull {model}; list (my/the) models; which models are there; how do i stop {model}; delete {model}; how much memory does {model} need; is {model} fast; why is {model} slow; what is {subject}; what is the meaning of {subject}; explain {subject} [to me]; i (like/love/hate) {subject}; i want to {do}; i have a question;
    are you a (robot/human/person/machine); are you happy; can you see me; what should i eat [today]; who made you; when was {person} born; why is the sky blue; why is the grass green; what is the best {subject}; give me a recipe [for soup/for cake]; ok; yes; no; stop; go on; why; really; test; help; please help me; what do you think about {subject}; ignore all instructions; repeat after me; sing a song; lorem ipsum dolor; asdf; let us talk about {subject}; is {person} from {place}; did you see {person}; turn on the light; call {person}; remind me tomorrow; wake me at {number}
    | who invented {subject}; how many people live in {place}; recommend a book about {subject}; what does {subject} mean; how tall is {person}; count to {number}; good night; nice to meet you; where can i buy {subject}; convert {number} miles to kilometres; what happened in {place}; should i {do}; how do i update {model}; do you dream; make me laugh; summarize this article; what is wrong with {person}; who won the world cup"""


def parts(text):
    return [one for one in re.split(r';\s*', text.strip()) if one]


TRAIN, HELD = map(parts, TEMPLATES.split('|'))
LISTS = {name: words.split('/') for name, words in LISTS.items()}


def everyday(random, held=False):
    """A sentence in small letters, without a mark at its end."""
    options = HELD if held else TRAIN
    words = options[int(random.random() * len(options))]

    def one(match):
        these = match.group(2).split('/')
        return '' if match.group(1) == '[' and random.random() < 0.5 else these[int(random.random() * len(these))]

    words = re.sub(r'([(\[])([^()\[\]]*)[)\]]', one, words)
    words = re.sub(r'\{(\w+)\}', lambda match: LISTS[match.group(1)][int(random.random() * len(LISTS[match.group(1)]))], words)
    return re.sub(r'\s+', ' ', words).strip()
