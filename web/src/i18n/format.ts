import { cached } from "./formats";

/**
 * The part of ICU MessageFormat that the catalogues use: `{name}`, `{n, plural, =0 {…} one {…} other {# …}}`
 * and `{kind, select, a {…} other {…}}`, nested as deep as one likes. Plural rules and digits are those of Intl.
 */
export type Value = string | number;
export type Values = Readonly<Record<string, Value>>;

type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "argument"; readonly name: string }
  | { readonly kind: "count" }
  | {
      readonly kind: "plural" | "select";
      readonly name: string;
      readonly branches: ReadonlyMap<string, readonly Node[]>;
    };

export class MessageSyntaxError extends Error {
  override readonly name = "MessageSyntaxError";
}

class Parser {
  private at = 0;

  constructor(private readonly source: string) {}

  message(): readonly Node[] {
    const nodes = this.nodes(false);
    if (this.at < this.source.length) this.fail("unexpected }");
    return nodes;
  }

  private nodes(inPlural: boolean): readonly Node[] {
    const nodes: Node[] = [];
    let text = "";
    const flush = () => {
      if (text !== "") nodes.push({ kind: "text", text });
      text = "";
    };
    for (let c = this.source[this.at]; c !== undefined && c !== "}"; c = this.source[this.at]) {
      if (c === "{") {
        flush();
        nodes.push(this.placeholder());
      } else if (c === "#" && inPlural) {
        flush();
        this.at += 1;
        nodes.push({ kind: "count" });
      } else {
        text += c;
        this.at += 1;
      }
    }
    flush();
    return nodes;
  }

  private placeholder(): Node {
    this.take("{");
    const name = this.word();
    if (this.source[this.at] === "}") {
      this.take("}");
      return { kind: "argument", name };
    }
    this.take(",");
    const kind = this.word();
    if (kind !== "plural" && kind !== "select") return this.fail(`unknown kind ${kind}`);
    this.take(",");
    const branches = new Map<string, readonly Node[]>();
    this.space();
    while (this.source[this.at] !== "}") {
      const branch = this.word();
      this.take("{");
      branches.set(branch, this.nodes(kind === "plural"));
      this.take("}");
      this.space();
    }
    this.take("}");
    if (!branches.has("other")) this.fail("no branch other");
    return { kind, name, branches };
  }

  private word(): string {
    this.space();
    const match = /^=?\w+/.exec(this.source.slice(this.at));
    if (match === null) return this.fail("a name is missing");
    this.at += match[0].length;
    this.space();
    return match[0];
  }

  private take(wanted: string): void {
    if (this.source[this.at] !== wanted) this.fail(`${wanted} is missing`);
    this.at += 1;
  }

  private space(): void {
    while (/\s/.test(this.source[this.at] ?? "")) this.at += 1;
  }

  private fail(what: string): never {
    throw new MessageSyntaxError(`${what} at ${String(this.at)} in: ${this.source}`);
  }
}

const numbers = cached((locale) => new Intl.NumberFormat(locale));
const plurals = cached((locale) => new Intl.PluralRules(locale));

function render(nodes: readonly Node[], values: Values, locale: string, count: number): string {
  return nodes
    .map((node) => {
      switch (node.kind) {
        case "text":
          return node.text;
        case "count":
          return numbers(locale, {}).format(count);
        case "argument": {
          const value = values[node.name];
          if (value === undefined) throw new MessageSyntaxError(`no value for ${node.name}`);
          return typeof value === "number" ? numbers(locale, {}).format(value) : value;
        }
        case "plural": {
          const n = Number(values[node.name]);
          const rule = plurals(locale, {}).select(n);
          const branch = node.branches.get(`=${String(n)}`) ?? node.branches.get(rule);
          return render(branch ?? node.branches.get("other") ?? [], values, locale, n);
        }
        case "select": {
          const branch = node.branches.get(String(values[node.name]));
          return render(branch ?? node.branches.get("other") ?? [], values, locale, count);
        }
      }
    })
    .join("");
}

const parsed = new Map<string, readonly Node[]>();

function parse(source: string): readonly Node[] {
  let nodes = parsed.get(source);
  if (nodes === undefined) {
    nodes = new Parser(source).message();
    parsed.set(source, nodes);
  }
  return nodes;
}

export function formatMessage(source: string, values: Values, locale: string): string {
  return render(parse(source), values, locale, Number.NaN);
}

/** The names that a message needs, sorted; a translation must need the same. */
export function argumentsOf(source: string): readonly string[] {
  const names = new Set<string>();
  const visit = (nodes: readonly Node[]) => {
    for (const node of nodes) {
      if (node.kind === "text" || node.kind === "count") continue;
      names.add(node.name);
      if (node.kind !== "argument") node.branches.forEach(visit);
    }
  };
  visit(parse(source));
  return [...names].sort();
}
