/** Properties that hold words for people: no program and no test depends on how they say it. */
const proseProperties = new Set(["detail", "expected", "found", "help", "hint", "message"]);

const isText = (node) => node.isStringLiteral() || node.isTemplateLiteral();

const isProse = (path) => {
  const { parentPath: parent } = path;
  if (!isText(path) || parent == null) return false;
  if (parent.isObjectProperty())
    return parent.node.value === path.node && proseProperties.has(parent.node.key.name);
  return parent.isNewExpression() && /Error$/.test(parent.node.callee.name ?? "");
};

/** Leaves the texts of findings, refusals and errors out of a mutation run. */
export const strykerPlugins = [
  {
    kind: "Ignore",
    name: "prose",
    value: {
      shouldIgnore: (path) => (isProse(path) ? "Words for people." : undefined),
    },
  },
];
