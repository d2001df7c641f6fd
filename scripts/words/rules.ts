/** A word or phrase that THON's texts do without, and what to write in its place. */
export interface Rule {
  /** Global, so that every occurrence is found. White space in it also matches the end of a line. */
  pattern: RegExp
  hint: string
}

/** Stems whose British form ends in -ise: only with a verb's ending, so that "realistic" and "optimist" pass. */
const ISE =
  'apolog|author|capital|categor|character|custom|emphas|familiar|final|formal|general|global|harmon|initial|local|maxim|memor|minim|modern|normal|anonym|optim|parallel|penal|personal|popular|priorit|random|real|recogn|sanit|(?:de)?serial|special|stabil|standard|summar|symbol|synchron|token|util|virtual|visual'

/** Stems that double their l in British English only. */
const DOUBLED = 'cancel|channel|dial|fuel|label|level|marshal|model|signal|total|travel|tunnel'

/** Spelled one way in American English and another way in British English. */
const BRITISH: Rule[] = [
  rule('organis(?!m)\\w*', 'American spelling: organiz…'),
  rule(`(?:${ISE})is(?:e|ed|es|er|ers|ing|ation|ations)`, 'American spelling: …ize, …ization'),
  rule(`(?:${DOUBLED})l(?:ed|ing|er|ers)`, 'American spelling: one l (canceled, labeled)'),
  rule('(?:analys|catalys|paralys)(?:e|ed|ing)', 'American spelling: …yze'),
  rule('(?:un|dis)?(?:behavi|col|fav|flav|harb|hon|hum|lab|neighb|rum|vap)our\\w*', 'American spelling: …or'),
  rule('(?:cent|lit|theat|fib|calib)res?|centred', 'American spelling: …er'),
  rule('(?:defen|offen|licen|preten)ces?', 'American spelling: …se'),
  rule('catalogues?|catalogued', 'American spelling: catalog'),
  rule('grey\\w*', 'American spelling: gray'),
  rule('artefacts?', 'American spelling: artifact'),
  rule('fulfils?|fulfilment|enrols?|enrolment|skilful', 'American spelling: double l (fulfill)'),
  rule('programmes?', 'American spelling: program'),
  rule('practis(?:e|ed|es|ing)', 'American spelling: practice'),
  rule('whilst|amongst', 'while, among'),
  rule('learnt|spelt|burnt|dreamt', 'American past: learned, spelled, burned'),
  rule('judgement|acknowledgement|ageing', 'American spelling: judgment, acknowledgment, aging'),
  rule('for ever', 'forever'),
]

/** Words and phrases of a stiff or inverted English. */
const STIFF: Rule[] = [
  rule('whoever|whomever|whosoever', 'anyone who, or the person who'),
  // "Whom" in the middle of a sentence is often right.
  { pattern: /(?<=^['"`]?|[.!?:;]\s)\s*Whom\b/g, hint: 'start with the subject' },
  rule('anew', 'again'),
  rule(
    'thereof|therein|therefrom|therewith|wherein|whereof|whence|whither|thence|hereby|herein|hitherto',
    'of it, in it, where',
  ),
  rule('lest|henceforth|albeit|ere', 'so that … not, from now on, although'),
  // "There is no" is plain, and so are comparisons ("is no longer", "is no faster").
  {
    pattern:
      /(?<!\bthere\s+)\b(?:is|are|was|were|be)\s+no\b(?!\s+(?:longer|more|less|fewer|later|earlier|sooner|better|worse|\w+er\s+than|different|doubt|one)\b|[-,.:;)'"`])/gi,
    hint: 'is not a …, or does not …',
  },
  { pattern: /\b(?:is|are|was|were|be)\s+none\b(?!\s+of\b)/gi, hint: "there isn't one, there aren't any" },
  { pattern: /\bany\s+more\b(?=\s*(?:[.,;:!?)'"`<]|$))/gi, hint: 'no longer, anymore' },
  // "The row as it was stored" is plain; "it stays as it was" is not.
  {
    pattern:
      /\bas\s+(?:it|they)\s+(?:was|were)\b(?!\s+(?:\w+ed|given|known|shown|written|taken|seen|sent|left|kept|read|put)\b)/gi,
    hint: 'unchanged, as before',
  },
  rule('beside', 'next to'),
  { pattern: /(?<!\blet\s+)\bgo(?:es)?\s+before\b/gi, hint: 'takes precedence over' },
  rule('so many', 'how many, that many, or the number itself'),
  rule('put(?:s|ting)? (?:\\w+ )?out', 'suspend'),
  rule('let(?:s|ting)? (?:\\w+ )?in(?! \\w+ing)', 'approve, or work (a link), or allow'),
  rule(
    '(?:come|comes|came|coming|entered) by (?:a|an|the|their|his|her|its|your|this|that|one) (?:\\w+ )?(?:links?|cards?)',
    'join by a link',
  ),
  rule('of (?:its|their|his|her) own accord', 'by itself, automatically'),
  rule('(?:is|are|was|were) (?:that|those) of', 'name the thing again'),
  rule('(?:is|are|was|were|be|been|being) told(?! apart)', 'reported, notified, shown'),
  rule('(?:is|are|was|were|be|been|being) away', 'offline, unavailable'),
  rule('(?:is|are|was|were|be|been|being) ended', 'stopped, over'),
  rule('as yet', 'yet, so far'),
  rule('at present', 'right now, currently'),
  { pattern: /(?<!\b(?:each|every|first|last|next|other|this|that)\s+)\bone['’]s\b/gi, hint: "your, a person's" },
  rule('an own', 'its own, a separate'),
  rule('in vain|for want of', 'without success, because of too little'),
  rule('shall', 'should, will, must'),
  rule('ought to', 'should'),
  rule('surroundings', 'environment, dependencies'),
  rule('conductors?', 'instance controller'),
]

export const RULES: Rule[] = [...BRITISH, ...STIFF]

/** At most one of these in one text: two in a row read as a riddle. */
export const CROWD = /\b(?:somebody|nobody|everybody|anybody)\b/gi
export const CROWD_HINT = 'more than one of somebody, nobody, everybody: name the people (participants, organizers)'

function rule(words: string, hint: string): Rule {
  return { pattern: new RegExp(`\\b(?:${words.replaceAll(' ', '\\s+')})\\b`, 'gi'), hint }
}
