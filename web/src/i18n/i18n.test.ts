import { describe, expect, test } from "vitest";
import { argumentsOf, formatMessage, MessageSyntaxError } from "./format";
import { chooseLocale, t } from "./index";
import inside from "./inside/en";
import en from "./locales/en";

describe("a message", () => {
  test.each([
    ["plain", {}, "plain"],
    ["Hello {name}!", { name: "Ada" }, "Hello Ada!"],
    ["{n, plural, =0 {none} one {# time} other {# times}}", { n: 0 }, "none"],
    ["{n, plural, =0 {none} one {# time} other {# times}}", { n: 1 }, "1 time"],
    ["{n, plural, =0 {none} one {# time} other {# times}}", { n: 1200 }, "1,200 times"],
    ["{kind, select, a {first} other {second}}", { kind: "a" }, "first"],
    ["{kind, select, a {first} other {second}}", { kind: "b" }, "second"],
    ["{n, plural, one {{who} has #} other {{who} have #}}", { n: 2, who: "They" }, "They have 2"],
    ["a # outside a plural", {}, "a # outside a plural"],
  ])("%s with %o", (source, values, expected) => {
    expect(formatMessage(source, values, "en")).toBe(expected);
  });

  test("counts as the language counts", () => {
    const source = "{n, plural, one {# termin} few {# terminy} other {# terminów}}";
    expect([1, 3, 5].map((n) => formatMessage(source, { n }, "pl"))).toEqual([
      "1 termin",
      "3 terminy",
      "5 terminów",
    ]);
  });

  test.each(["{", "{a", "a}", "{n, plural, one {#}}", "{n, number}", "{}"])(
    "%s is refused",
    (bad) => {
      expect(() => argumentsOf(bad)).toThrow(MessageSyntaxError);
    },
  );

  test("a forgotten value is an error and not a hole", () => {
    expect(() => formatMessage("{name}", {}, "en")).toThrow("no value for name");
  });

  test("names its arguments", () => {
    expect(argumentsOf("{b} {a, plural, other {{c}}} {b}")).toEqual(["a", "b", "c"]);
  });
});

describe("the catalogues", () => {
  const catalogues = import.meta.glob<Record<string, string>>(["./locales/*.ts", "./inside/*.ts"], {
    eager: true,
    import: "default",
  });

  test.each(Object.entries(catalogues))("%s is complete and well formed", (path, catalogue) => {
    const source: Record<string, string> = path.startsWith("./inside/") ? inside : en;
    expect(Object.keys(catalogue)).toEqual(Object.keys(source));
    for (const [id, words] of Object.entries(source)) {
      expect(argumentsOf(catalogue[id] ?? ""), id).toEqual(argumentsOf(words));
      expect(catalogue[id], id).not.toBe("");
    }
  });

  test("no id has two messages", () => {
    expect(Object.keys(inside).filter((id) => id in en)).toEqual([]);
  });

  test("every message is used", () => {
    const sources = Object.values(
      import.meta.glob<string>(
        ["../**/*.{ts,tsx}", "!./locales/*", "!./inside/*", "!../**/*.test.ts"],
        {
          eager: true,
          query: "?raw",
          import: "default",
        },
      ),
    ).join("\n");
    const used = (id: string) => {
      // Ids that a component completes, such as status.${state}.
      const family = id.replace(/\.[\w-]+$/, ".${");
      const middle = id.replace(/\.\w+(\.\w+)$/, ".${words}$1");
      return [`"${id}"`, `\`${family}`, `\`${middle}\``].some((text) => sources.includes(text));
    };
    expect(Object.keys({ ...en, ...inside }).filter((id) => !used(id))).toEqual([]);
  });

  test("speaks to the components", () => {
    expect(t("home.found", { count: 2 })).toBe("2 doctors");
  });
});

describe("the visitor's language", () => {
  const spoken = new Set(["en", "de"]);

  test.each([
    [["de-AT", "en"], { language: "de", tag: "de-AT" }],
    [["fr-FR", "en-US"], { language: "en", tag: "en-US" }],
    [["fr"], { language: "en", tag: "en-GB" }],
    [[], { language: "en", tag: "en-GB" }],
  ])("%o", (preferred, expected) => {
    expect(chooseLocale(preferred, spoken)).toEqual(expected);
  });
});
