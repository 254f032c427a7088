"""Makes tokenizer.json: WordPiece as BERT has it, small letters, from what pairs.mjs wrote. It stays as it is, or no older weights fit.

    python3 vocabulary.py
"""
import json
import os

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from data import here, passages, read
from vocabulary_size import SIZE
SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']


def texts():
    for one in passages():
        yield from [one['text']] * 12
    for one in read('questions')[:20000]:
        yield one['text']
    for one in read('answers')[:4000]:
        yield one['b']
    for one in read('pages'):
        yield one['text']
    for one in read('words'):
        yield ' '.join([*one['words'], one['gloss'], *one['examples']])


def main():
    made = Tokenizer(models.WordPiece(unk_token='[UNK]', max_input_chars_per_word=60))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.train_from_iterator(texts(), trainers.WordPieceTrainer(vocab_size=SIZE, special_tokens=SPECIAL, min_frequency=3, limit_alphabet=160, show_progress=False))
    marks = [(name, made.token_to_id(name)) for name in ('[CLS]', '[SEP]')]
    made.post_processor = processors.TemplateProcessing(single='[CLS] $A [SEP]', pair='[CLS] $A [SEP] $B:1 [SEP]:1', special_tokens=marks)
    made.decoder = decoders.WordPiece()
    with open(os.path.join(here, 'tokenizer.json'), 'w') as file:
        json.dump(json.loads(made.to_str()), file, ensure_ascii=False, separators=(',', ':'))
    print(made.get_vocab_size(), made.encode('Which models are occupying memory?', 'transcribe quantisation').tokens)


main()
