"""The tokenizer: byte-level BPE of 512 pieces in lower case, then Whisper's special tokens in Whisper's order (`unused` where it has one for what the ears do
not do: translate, take a prompt).

    python3 vocabulary.py    # out/sentences.jsonl -> tokenizer.json (kept in the repository; change it only to train anew)
"""
import json
import os
import string

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

here = os.path.dirname(os.path.abspath(__file__))
file = os.path.join(here, 'tokenizer.json')
PIECES = 512
STEPS = 200  # of 0.04 s, as far as the model hears
SPECIAL = ['<|endoftext|>', '<|startoftranscript|>', '<|en|>', '<|unused-1|>', '<|transcribe|>', '<|unused-2|>', '<|unused-3|>', '<|nospeech|>', '<|notimestamps|>']
END, START, ENGLISH, _, TRANSCRIBE, _, _, NO_SPEECH, NO_TIMES = range(PIECES, PIECES + len(SPECIAL))
TIMES = NO_TIMES + 1
SIZE = TIMES + STEPS + 1
PREFIX = [START, ENGLISH, TRANSCRIBE, NO_TIMES]


def load():
    return Tokenizer.from_file(file)


def make():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    with open(os.path.join(here, 'out/sentences.jsonl')) as lines:
        texts = [' ' + json.loads(line)['words'] for line in lines]
    alphabet = list(string.ascii_lowercase + string.ascii_uppercase + string.digits + string.punctuation) + ['Ġ']
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=PIECES, initial_alphabet=alphabet, show_progress=False))
    assert tokenizer.get_vocab_size() == PIECES
    tokenizer.add_special_tokens([AddedToken(name, normalized=False, special=True) for name in SPECIAL])
    # As in Whisper's own files, times are added but not special, so that a reader can choose to see them.
    tokenizer.add_tokens([AddedToken(f'<|{i * 0.04:.2f}|>', normalized=False) for i in range(STEPS + 1)])
    names = lambda: [(name, tokenizer.token_to_id(name)) for name in ('<|startoftranscript|>', '<|notimestamps|>', '<|endoftext|>')]
    tokenizer.post_processor = processors.TemplateProcessing(single='<|startoftranscript|> <|notimestamps|> $A:0 <|endoftext|>:0', special_tokens=names())
    tokenizer.save(file)
    print(tokenizer.get_vocab_size(), SIZE, sum(len(tokenizer.encode(text, add_special_tokens=False).ids) for text in texts[:1000]) / 1000, 'tokens a sentence')


if __name__ == '__main__':
    make()
