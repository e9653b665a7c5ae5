// ESLint rule `earmark/rooms`: refuses an import between rooms that rooms.mjs forbids, in any form
// of import.
import path from 'node:path';
import { refusal } from './rooms.mjs';

const rooms = {
  meta: { type: 'problem', schema: [], messages: { refused: '{{why}}' } },
  create(context) {
    const file = path.relative(context.cwd, context.filename).split(path.sep).join('/');
    const check = (node, source) => {
      if (typeof source?.value !== 'string') return;
      const why = refusal(file, source.value);
      if (why) context.report({ node, messageId: 'refused', data: { why } });
    };
    return {
      ImportDeclaration: (node) => check(node, node.source),
      ExportNamedDeclaration: (node) => check(node, node.source),
      ExportAllDeclaration: (node) => check(node, node.source),
      ImportExpression: (node) => check(node, node.source),
      TSImportType: (node) => check(node, node.source ?? node.argument?.literal),
      TSExternalModuleReference: (node) => check(node, node.expression),
      CallExpression: (node) => {
        const called = node.callee.type === 'MemberExpression' ? node.callee.object : node.callee;
        if (called.type === 'Identifier' && called.name === 'require')
          check(node, node.arguments[0]);
      },
    };
  },
};

export default { meta: { name: 'earmark' }, rules: { rooms } };
