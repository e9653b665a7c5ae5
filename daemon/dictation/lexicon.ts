/** How developers say what no dictionary of English has: short forms, names of tools, letters. Data only; maps, because `constructor` is a word too. */

/** Names of the letters, ARPAbet. */
export const LETTERS: ReadonlyMap<string, string> = new Map(Object.entries({
  a: 'EY', b: 'B IY', c: 'S IY', d: 'D IY', e: 'IY', f: 'EH F', g: 'JH IY', h: 'EY CH', i: 'AY', j: 'JH EY', k: 'K EY', l: 'EH L', m: 'EH M',
  n: 'EH N', o: 'OW', p: 'P IY', q: 'K Y UW', r: 'AA R', s: 'EH S', t: 'T IY', u: 'Y UW', v: 'V IY', w: 'D AH B AH L Y UW', x: 'EH K S', y: 'W AY', z: 'Z IY',
}));

/** Said as words (ARPAbet); a blank in front of a reading is not needed where it is said as its letters, which is always tried for short ones. */
export const SAID: ReadonlyMap<string, readonly string[]> = new Map(Object.entries({
  ansi: ['AE N S IY'], api: ['EY P IY AY'], args: ['AA R G Z'], arg: ['AA R G'], ascii: ['AE S K IY'], async: ['EY S IH NG K'], aws: ['EY D AH B AH L Y UW EH S'], backtick: ['B AE K T IH K'],
  bool: ['B UW L'], char: ['CH AA R', 'K AE R'], cli: ['S IY EH L AY'], config: ['K AA N F IH G', 'K AH N F IH G'], const: ['K AA N S T'], cors: ['K AO R Z'], cron: ['K R AA N'], ctor: ['K AH N S T R AH K T AH R'],
  daemon: ['D IY M AH N'], dict: ['D IH K T'], django: ['JH AE NG G OW'], dom: ['D AA M'], enum: ['IY N AH M', 'IY N UW M'], env: ['EH N V'], eslint: ['IY EH S L IH N T'], exec: ['IH G Z EH K'], frontend: ['F R AH N T EH N D'],
  func: ['F AH NG K'], gif: ['G IH F', 'JH IH F'], grpc: ['JH IY AA R P IY S IY'], gui: ['G UW IY'], id: ['AY D IY'], ids: ['AY D IY Z'], init: ['IH N IH T'], int: ['IH N T'], ios: ['AY OW EH S'], iter: ['IH T AH R'], jest: ['JH EH S T'], jpeg: ['JH EY P EH G'],
  json: ['JH EY S AA N', 'JH EY S AH N'], kubectl: ['K Y UW B K AH N T R OW L'], kwargs: ['K W AA R G Z'], lerp: ['L AH R P'], lexer: ['L EH K S AH R'], lib: ['L IH B'], linter: ['L IH N T AH R'], localhost: ['L OW K AH L HH OW S T'], lru: ['EH L AA R Y UW'],
  mkdir: ['M EY K D IH R'], mongo: ['M AA NG G OW'], mutex: ['M Y UW T EH K S'], mysql: ['M AY EH S K Y UW EH L', 'M AY S IY K W AH L'], nginx: ['EH N JH IH N EH K S'], npm: ['EH N P IY EH M'], num: ['N AH M'], oauth: ['OW AO TH'], param: ['P AE R AH M', 'P AH R AE M'], params: ['P AE R AH M Z', 'P AH R AE M Z'],
  paren: ['P AH R EH N'], parens: ['P AH R EH N Z'], png: ['P IY EH N JH IY', 'P IH NG'], postgres: ['P OW S T G R EH S'], py: ['P AY', 'P IY W AY'], redis: ['R EH D IH S'], redux: ['R IY D AH K S'], regex: ['R EH G EH K S', 'R EH JH EH K S'], repo: ['R IY P OW'], repl: ['R EH P AH L'], rgb: ['AA R JH IY B IY'],
  serde: ['S AH R D EY'], sql: ['EH S K Y UW EH L', 'S IY K W AH L'], sqlite: ['EH S K Y UW EH L AY T', 'S IY K W AH L AY T'], src: ['S AO R S', 'EH S AA R S IY'], std: ['S T AH D', 'EH S T IY D IY'], stderr: ['S T AE N D AH R D EH R AH R'], stdin: ['S T AE N D AH R D IH N'], stdout: ['S T AE N D AH R D AW T'],
  str: ['S T R IH NG', 'S T AH R'], struct: ['S T R AH K T'], svg: ['EH S V IY JH IY'], sys: ['S IH S'], temp: ['T EH M P'], tmp: ['T EH M P'], toml: ['T AA M AH L'], tuple: ['T UW P AH L', 'T AH P AH L'], ui: ['Y UW AY'], unix: ['Y UW N IH K S'], uri: ['Y UW AA R AY'], url: ['Y UW AA R EH L', 'AH R L'], urls: ['Y UW AA R EH L Z'],
  util: ['Y UW T IH L'], utils: ['Y UW T IH L Z'], uuid: ['Y UW Y UW AY D IY'], vue: ['V Y UW'], wasm: ['W AA Z AH M'], webpack: ['W EH B P AE K'], wifi: ['W AY F AY'], yaml: ['Y AE M AH L'], yml: ['Y AE M AH L'],
}));

/** What a short form stands for; people say either. */
export const LONG_FORMS: ReadonlyMap<string, string> = new Map(Object.entries({
  addr: 'address', admin: 'administrator', app: 'application', arr: 'array', attr: 'attribute', attrs: 'attributes', auth: 'authentication', avg: 'average', btn: 'button', buf: 'buffer', calc: 'calculate', cb: 'callback', cfg: 'config', char: 'character', cmd: 'command', col: 'column', conn: 'connection', coord: 'coordinate', ctx: 'context', cur: 'current', curr: 'current',
  db: 'database', decl: 'declaration', def: 'definition', del: 'delete', dest: 'destination', dev: 'development', dir: 'directory', doc: 'document', docs: 'documents', el: 'element', elem: 'element', err: 'error', evt: 'event', expr: 'expression', fn: 'function', func: 'function', gen: 'generate', hdr: 'header', idx: 'index', img: 'image', impl: 'implementation', info: 'information', init: 'initialize', len: 'length', max: 'maximum', mem: 'memory', mgr: 'manager', min: 'minimum', msg: 'message', num: 'number', obj: 'object', opts: 'options', param: 'parameter', params: 'parameters', pkg: 'package', pos: 'position', pref: 'preference', prefs: 'preferences', prev: 'previous', prod: 'production', ptr: 'pointer', pwd: 'password', ref: 'reference', repo: 'repository', req: 'request', res: 'response', ret: 'return', sec: 'seconds', sep: 'separator', spec: 'specification', src: 'source', stmt: 'statement', sync: 'synchronize', temp: 'temporary', tmp: 'temporary', txt: 'text', usr: 'user', util: 'utility', utils: 'utilities', val: 'value', var: 'variable', ver: 'version', win: 'window',
}));
