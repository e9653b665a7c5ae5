/** Command words both ways: carried out where they are meant, kept where they are words. */
import { deepStrictEqual, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { DICTATION_COMMANDS } from '../../../protocol/dictationCommands';
import { writeDictation } from '../../../daemon/dictation/writer';

/** Nothing here is a command. */
const PROSE = `
no space left on device
there is no space left on the disk
the disk has no space
leave no space between the words
there was no space in the room
we have no space for another desk
no space available here
it was a busy period
the reporting period
during the trial period
after a long period of silence
the grace period ends on Monday
in this period we sold nothing
a three month period
the whole retention period
a very difficult period
a stable period
we had a slow period last year
the billing period is over
extend the notice period
write it in all caps
the title is in all caps
use all caps for constants
please write all caps here
these are all caps and hats
there are no caps on spending
use camel case for variables
we use snake case here
the camel case name is wrong
camel case is fine for variables
use kebab case in the file names
prefer pascal case over snake case
the dollar sign is missing
there is a dollar sign in the string
remove the dollar sign
an at sign in the name
the hash sign starts a comment
the equals sign is doubled
a plus sign and a minus sign
remove underscore from the name
remove underscores from the name
there is an underscore in the name
I want to underscore the importance of this
these results underscore the problem
add comma after the name
insert comma here
the comma is missing
we forgot a comma in this line
separated by comma
a comma separated list
it is comma separated
use comma as the separator
remove that comma
the trailing comma breaks the build
which comma do you mean
no comma is needed
there is comma missing
the second comma is wrong
add a new line at the end
insert new line here
a new line of credit
the new line character
a brand new line of products
put it on a new line
each new line is a record
there is a missing new line
start with a new paragraph
the new paragraph is too long
this new paragraph helps
a question mark in the title
the question mark is missing
there is a missing question mark
it came to a full stop
without full stop
the colon is wrong
he had colon cancer
a colon separates them
add semicolon at the end
a missing semicolon broke it
semicolon is missing in this line
the regex needs backslash before the dot
an open bracket without a partner
the open paren is missing
a close brace is missing
add the closing quote
an unmatched open quote
between open paren and close paren
open a new tab
close the tab
press tab to complete
switch to the other tab
the tab key is broken
tab completion does not work
the settings tab is empty
in the browser tab
the second tab shows the log
a dash of salt
he made a dash for the door
we dash to the store
dash through the snow
the dash is too long
slash the prices
we have to slash the budget
they slash prices every year
a slash command
the slash is missing
a forward slash in the path
pipe the output to a file
we pipe it through grep
the pipe is broken
a broken pipe error
a water pipe burst
the pipe operator is new
the tilde is missing
a tilde in the path
the backslash escapes it
a hyphen in the name
the hyphen is wrong
an ampersand in the url
the ampersand is escaped
an asterisk marks it
the caret is blinking
do not scratch that itch
it is a literal translation
a literal comma in the text
the literal value is wrong
an apostrophe in the name
the double quote is escaped
an ellipsis in the title
each exclamation mark is one too many
a plus plus operator
the plus plus operator
an unquote in the middle
the percent sign is gone
his last comma was wrong
two commas and a colon
replace semicolon with comma
change comma to colon
split on the pipe
ends with period
the sampling period and the lock period
the lease period starts in March
we measured it over a period of time
the cookie lives for a period of days
a short period without errors
the observation period was too short
the quiet period begins tomorrow
our support period covers two versions
the comma in the regex is escaped
a comma in the csv field breaks the import
quote the field if it has a comma in it
the linter complains about the trailing comma
we parse the comma separated values
delete the extra comma before the bracket
a colon after the label is enough
the colon in the port is missing
a double colon means a namespace
the semicolon at the end is optional
javascript inserts the semicolon for you
an exclamation mark in the subject looks like spam
the exclamation mark negates the pattern
avoid the question mark in the url
the question mark starts the query string
put a full stop after the sentence
the train came to a full stop in the tunnel
add a new line before the return
the new line is missing at the end of the file
a new paragraph begins after the list
we opened a new line of business
the parser reads a line until the new line character
an open bracket in the log line confused it
the close bracket is on the wrong line
a missing close paren broke the build
the opening quote is not the same as the closing quote
it forgets the closing quote
a backtick in the commit message is fine
wrap the name in a backtick pair
the slash at the end matters
a trailing slash breaks the redirect
they will slash the cloud costs this year
the backslash in the path is escaped twice
a dash between the words is enough
she made a mad dash for the train
the pipe between the two services is slow
the drain pipe leaks
a pipe symbol separates the columns
pin the tab with the dashboard
this tab shows the coverage
the tab size is four
reload the browser tab
use the tab key to move on
the underscore marks it as private
a leading underscore means private
I want to underscore that this is urgent
the hash sign is part of the colour
a dollar sign starts a variable
the at sign is not allowed in names
an equals sign in the value breaks the parser
x equals y in this case
the sum equals the total
the tilde expands to the home folder
an asterisk in the pattern matches everything
the ampersand in the title is not escaped
write the title in all caps
the header uses snake case names
pascal case is for types
there is no space on the volume
we have no space in the sprint
there was no space left for the logs
that is a literal string
use a literal number here
the percent sign is escaped in the url
an ellipsis at the end of the menu item means a dialog
the greater than sign is escaped
`
  .trim()
  .split('\n');

/** Said and written: everything here is a command. */
const COMMANDS: readonly (readonly [string, string])[] = [
  ['first item comma second item', 'First item, second item'],
  ['hello comma is anyone there', 'Hello, is anyone there'],
  ['if it fails comma then retry', 'If it fails, then retry'],
  ['that is the code we write comma then we test', 'That is the code we write, then we test'],
  ['I know that comma but it is late', 'I know that, but it is late'],
  ['thanks for this comma it helps', 'Thanks for this, it helps'],
  ['the first item comma the second item', 'The first item, the second item'],
  ['one comma two comma three', 'One, two, three'],
  ['item one comma item two', 'Item one, item two'],
  ['it works period', 'It works.'],
  ['the meeting is over period', 'The meeting is over.'],
  ['we are done period', 'We are done.'],
  ["this looks good period let's ship it period", "This looks good. Let's ship it."],
  ['the build was slow period', 'The build was slow.'],
  ['it seems stable period we can release', 'It seems stable. We can release'],
  ['call foo open paren close paren', 'Call foo()'],
  ['write to anna at sign example dot com', 'Write to anna@example.com'],
  ['it runs parse open paren close paren twice', 'It runs parse() twice'],
  ['fix the bug period', 'Fix the bug.'],
  ['fix the bug period then run the tests', 'Fix the bug. Then run the tests'],
  ['all tests passed period we can ship', 'All tests passed. We can ship'],
  ['I read the file period the parser is fine', 'I read the file. The parser is fine'],
  ['done full stop next', 'Done. Next'],
  ['that is all full stop', 'That is all.'],
  ['is it ready question mark', 'Is it ready?'],
  ['what are we waiting for question mark', 'What are we waiting for?'],
  ['which one should I add question mark', 'Which one should I add?'],
  ['you tested it question mark', 'You tested it?'],
  ['it works exclamation mark', 'It works!'],
  ['great exclamation point thanks', 'Great! Thanks'],
  ['next steps colon', 'Next steps:'],
  ['note colon the cache is cold', 'Note: the cache is cold'],
  ['return x semicolon', 'Return x;'],
  ['break semicolon new line continue semicolon', 'Break;\nContinue;'],
  ['wait ellipsis', 'Wait…'],
  ['item one new line item two', 'Item one\nItem two'],
  ['first new line second new line third', 'First\nSecond\nThird'],
  ['step one new line step two', 'Step 1\nStep 2'],
  ['next new line last', 'Next\nLast'],
  ['the first point new line the second point', 'The first point\nThe second point'],
  ['dear Anna comma new line thanks', 'Dear Anna,\nThanks'],
  ['intro new paragraph details', 'Intro\n\nDetails'],
  ['first new paragraph second', 'First\n\nSecond'],
  ['Milk, new line, eggs', 'Milk\nEggs'],
  ['new line', '\n'],
  ['new line new line end', '\n\nEnd'],
  ['open paren see below close paren', '(see below)'],
  ['call foo open paren x comma y close paren', 'Call foo (x, y)'],
  ['we ship it open paren maybe close paren today', 'We ship it (maybe) today'],
  ['open brace x close brace', '{x}'],
  ['values open square one close square', 'Values [one]'],
  ['say open quote hello close quote', 'Say "hello"'],
  ['print open quote done close quote semicolon', 'Print "done";'],
  ['type open bracket x close bracket', 'Type [x]'],
  ['with open paren x close paren', 'With (x)'],
  ['run backtick npm test backtick now', 'Run `npm test` now'],
  ['double quote yes double quote', '"yes"'],
  ['user underscore id', 'User_id'],
  ['a underscore b', 'A_b'],
  ['max underscore retries equals sign five', 'Max_retries = five'],
  ['and slash or', 'And/or'],
  ['cd slash etc slash hosts', 'Cd /etc/hosts'],
  ['get slash users slash id', 'Get /users/id'],
  ['run dot slash build', 'Run ./build'],
  ['cd dot dot slash src', 'Cd ../src'],
  ['cd tilde slash projects', 'Cd ~/projects'],
  ['c colon backslash temp', 'C:\\temp'],
  ['hello backslash n', 'Hello\\n'],
  ['git commit dash m', 'Git commit -m'],
  ['npm test dash dash watch', 'Npm test --watch'],
  ['ls dash l', 'Ls -l'],
  ['user dash service', 'User-service'],
  ['well hyphen known', 'Well-known'],
  ['e hyphen mail', 'E-mail'],
  ['ls pipe grep foo', 'Ls | grep foo'],
  ['cat log pipe sort pipe uniq', 'Cat log | sort | uniq'],
  ['i plus plus', 'I++'],
  ['i plus plus semicolon', 'I++;'],
  ['count minus minus', 'Count--'],
  ['a plus sign b', 'A + b'],
  ['x equals sign y', 'X = y'],
  ['x double equals y', 'X == y'],
  ['x triple equals null', 'X === null'],
  ['x not equals null', 'X != null'],
  ['x plus equals y', 'X += y'],
  ['x fat arrow y', 'X => y'],
  ['p thin arrow next', 'P -> next'],
  ['std double colon vector', 'Std::vector'],
  ['a double ampersand b', 'A && b'],
  ['a double pipe b', 'A || b'],
  ['a ampersand b', 'A & b'],
  ['select asterisk from users', 'Select * from users'],
  ['name tab value', 'Name\tvalue'],
  ['x caret y', 'X^y'],
  ['ask at sign anna', 'Ask @anna'],
  ['this closes hash sign twelve', 'This closes #12'],
  ['known as hash sign twelve and more', 'Known as #12 and more'],
  ['echo dollar sign home', 'Echo $home'],
  ['ninety nine percent sign', '99%'],
  ['camel case retry count', 'retryCount'],
  ['use camel case retry count in the loop', 'Use retryCount in the loop'],
  ['rename it to snake case order items', 'Rename it to order_items'],
  ['pascal case user store', 'UserStore'],
  ['constant case request timeout', 'REQUEST_TIMEOUT'],
  ['kebab case main menu', 'main-menu'],
  ['all caps todo fix this', 'TODO fix this'],
  ['add all caps todo here', 'Add TODO here'],
  ['data no space base', 'Database'],
  ['java no space script is fine', 'Javascript is fine'],
  ['write literal comma here', 'Write comma here'],
  ['literal new line', 'New line'],
  ['no wait, scratch that, use the cache', 'Use the cache'],
  ['Yes, comma, but no.', 'Yes, but no.'],
  ['users apostrophe s', "Users's"],
  ['send it today comma not tomorrow', 'Send it today, not tomorrow'],
  ['thanks comma Anna', 'Thanks, Anna'],
  ['yes comma that works for me', 'Yes, that works for me'],
  ['after the release comma we rest', 'After the release, we rest'],
  ['red comma green comma blue', 'Red, green, blue'],
  ['when the cache is cold comma it takes a second', 'When the cache is cold, it takes a second'],
  ['the server is down period', 'The server is down.'],
  ['I pushed the branch period please review it', 'I pushed the branch. Please review it'],
  ['I pushed the branch period look at the diff', 'I pushed the branch. Look at the diff'],
  ['the build is green period deploy it', 'The build is green. Deploy it'],
  ['we found the bug period we fixed it period', 'We found the bug. We fixed it.'],
  ['it is merged period now we wait', 'It is merged. Now we wait'],
  ['nothing changed period new line next topic', 'Nothing changed.\nNext topic'],
  ['done period new paragraph thanks', 'Done.\n\nThanks'],
  ['close the ticket period open a new one', 'Close the ticket. Open a new one'],
  ['check the logs full stop then call me full stop', 'Check the logs. Then call me.'],
  ['who wrote this question mark', 'Who wrote this?'],
  ['did you see the error question mark', 'Did you see the error?'],
  ['can we merge it today question mark', 'Can we merge it today?'],
  ['where is the config question mark new line here', 'Where is the config?\nHere'],
  ['really question mark', 'Really?'],
  ['well done exclamation mark', 'Well done!'],
  ['stop exclamation mark do not deploy', 'Stop! Do not deploy'],
  ['to do colon write the docs', 'To do: write the docs'],
  ['the reason colon the token expired', 'The reason: the token expired'],
  ['important colon new line back up first', 'Important:\nBack up first'],
  [
    'the first colon apples semicolon the second colon pears',
    'The first: apples; the second: pears',
  ],
  [
    'the first comma we test semicolon the second comma we ship',
    'The first, we test; the second, we ship',
  ],
  ['x plus plus semicolon', 'X++;'],
  ['let count equals sign zero semicolon', 'Let count = zero;'],
  ['we wait semicolon they ship', 'We wait; they ship'],
  ['and so on ellipsis', 'And so on…'],
  ['title new line body', 'Title\nBody'],
  ['alpha new line beta new line gamma', 'Alpha\nBeta\nGamma'],
  ['hello new paragraph world', 'Hello\n\nWorld'],
  ['task one new line task two new line task three', 'Task one\nTask two\nTask three'],
  ['todo colon new line dash tests new line dash docs', 'Todo:\n- tests\n- docs'],
  ['dash milk new line dash bread', '- milk\n- bread'],
  ['notes new line dash a new parser', 'Notes\n- a new parser'],
  ['it failed open paren again close paren', 'It failed (again)'],
  ['main open paren close paren semicolon', 'Main();'],
  ['open paren a comma b close paren', '(a, b)'],
  ['the flag open paren off by default close paren is new', 'The flag (off by default) is new'],
  ['open bracket wip close bracket fix the login', '[wip] fix the login'],
  ['array open square zero close square', 'Array [zero]'],
  ['open curly a comma b close curly', '{a, b}'],
  ['she said open quote not yet close quote', 'She said "not yet"'],
  ['open quote hello comma world close quote', '"hello, world"'],
  ['call it open single quote main close single quote', "Call it 'main'"],
  ['use backtick npm ci backtick instead', 'Use `npm ci` instead'],
  ['open angle bracket div close angle bracket', '<div>'],
  ['my underscore var', 'My_var'],
  ['file underscore name', 'File_name'],
  ['open src slash index dot ts', 'Open src/index.ts'],
  ['in slash tmp', 'In /tmp'],
  ['run dot slash deploy dot sh', 'Run ./deploy.sh'],
  ['go to dot dot slash docs', 'Go to ../docs'],
  ['the tilde slash projects folder', 'The ~/projects folder'],
  ['open tilde slash dot ssh slash config', 'Open ~/.ssh/config'],
  ['e backslash temp', 'E\\temp'],
  ['client dash side', 'Client-side'],
  ['read hyphen only', 'Read-only'],
  ['git push dash f', 'Git push -f'],
  ['git log dash dash oneline', 'Git log --oneline'],
  ['npm run build dash dash watch', 'Npm run build --watch'],
  ['dmesg pipe tail', 'Dmesg | tail'],
  ['history pipe grep ssh', 'History | grep ssh'],
  ['i minus minus semicolon', 'I--;'],
  ['a double equals b', 'A == b'],
  ['a triple equals b', 'A === b'],
  ['left double pipe right', 'Left || right'],
  ['ready double ampersand done', 'Ready && done'],
  ['total plus equals price', 'Total += price'],
  ['x fat arrow x', 'X => x'],
  ['node thin arrow next', 'Node -> next'],
  ['std double colon string', 'Std::string'],
  ['name tab age', 'Name\tage'],
  ['two caret three', 'Two^three'],
  ['thanks at sign maria', 'Thanks @maria'],
  ['mail me at ben at sign example dot org', 'Mail me at ben@example.org'],
  ['closes hash sign forty two', 'Closes #42'],
  ['see hashtag seven', 'See #7'],
  ['echo dollar sign path', 'Echo $path'],
  ['fifty percent sign', '50%'],
  ['camel case user name', 'userName'],
  ['call it camel case is valid', 'Call it isValid'],
  ['pascal case http client', 'HttpClient'],
  ['snake case max retries', 'max_retries'],
  ['kebab case side bar', 'side-bar'],
  ['constant case max size', 'MAX_SIZE'],
  ['all caps fixme check this', 'FIXME check this'],
  ['no caps Docker runs', 'docker runs'],
  ['super no space script', 'Superscript'],
  ['type literal period here', 'Type period here'],
  ['literal question mark', 'Question mark'],
  ['we ship on Monday, scratch that, on Tuesday', 'On Tuesday'],
  ['one em dash two', 'One — two'],
  ['select asterisk from orders', 'Select * from orders'],
  ['salt ampersand pepper', 'Salt & pepper'],
  ['b minus sign a', 'B - a'],
];

describe('dictation: command or word', () => {
  it(`keeps ${PROSE.length} sentences in which command words are words`, () => {
    ok(new Set(PROSE).size >= 200, `${new Set(PROSE).size} sentences`);
    const wrong = PROSE.map((said) => [said, writeDictation(said, undefined, false).text]).filter(
      ([said, written]) => said !== written,
    );
    deepStrictEqual(wrong, []);
  });
  it(`carries out ${COMMANDS.length} sentences of commands`, () => {
    const said = new Set(COMMANDS.map(([one]) => one));
    ok(said.size >= 200, `${said.size} sentences`);
    const wrong = COMMANDS.map(([said, right]) => [said, right, writeDictation(said).text]).filter(
      ([, right, written]) => right !== written,
    );
    deepStrictEqual(wrong, []);
  });
  it('writes the examples of the cheat sheet', () => {
    const wrong = DICTATION_COMMANDS.map(({ example: [said, written] }) => [
      said,
      written,
      writeDictation(said).text,
    ]).filter(([, written, got]) => written !== got);
    deepStrictEqual(wrong, []);
  });
  it('takes command words for commands in code', () => {
    const code = (said: string): string => writeDictation(said, undefined, false, true).text;
    deepStrictEqual(
      [code('use comma'), code('x comma is y'), code('remove the comma')],
      ['use,', 'x, is y', 'remove the comma'],
    );
  });
  it('keeps the end of a sentence before a command', () => {
    const check = (said: string, written: string): void =>
      deepStrictEqual(writeDictation(said).text, written);
    check('Are you there? New line. Yes.', 'Are you there?\nYes.');
    check('It works! New paragraph. Next.', 'It works!\n\nNext.');
    check('It works. New line. Next.', 'It works.\nNext.');
    check('Is it done? Open paren, I hope, close paren.', 'Is it done? (I hope)');
    check('Open quote, are you there? Close quote.', '"are you there?"');
    check('Can you explain it? Question mark.', 'Can you explain it?');
  });
  it('loses no mark and no line that was dictated, in 3,000 dictations', () => {
    const signs = DICTATION_COMMANDS.flatMap(({ say: [said = ''], command }) =>
      command.kind === 'mark'
        ? [[said, command.text] as const]
        : command.kind === 'line'
          ? [[said, '\n'.repeat(command.count)] as const]
          : [],
    );
    const part = fc.oneof(
      fc.constantFrom(...signs),
      fc.constantFrom('apple', 'river', 'stone').map((word) => [word, ''] as const),
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 8 }), (parts) => {
        const text = writeDictation(parts.map(([said]) => said)).text;
        const marks = text.replace(/[a-z ]/gi, '');
        deepStrictEqual(marks, parts.map(([, mark]) => mark).join(''), text);
      }),
      { numRuns: 3_000 },
    );
  });
});
