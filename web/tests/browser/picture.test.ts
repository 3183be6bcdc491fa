import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  demoSignIn,
  enter,
  inspect,
  launch,
  openMenu,
  registerPatient,
  tabTo,
  visit,
} from "./support";

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

const looks: [string, BrowserContextOptions][] = [
  ["on a phone", { viewport: { width: 360, height: 740 }, hasTouch: true }],
  ["at a desk in the dark", { viewport: { width: 1440, height: 900 }, colorScheme: "dark" }],
  ["with colours of one's own", { forcedColors: "active" }],
  ["at twice the size", { viewport: { width: 640, height: 450 } }],
];

type Kind = "image/png" | "image/jpeg" | "image/webp";

/** A file as a camera could have made it: what the browser shows of a drawing, wide and with a circle in its middle. */
async function photo(kind: Kind): Promise<{ name: string; mimeType: string; buffer: Buffer }> {
  const context = await browser.newContext({ viewport: { width: 1600, height: 900 } });
  const page = await context.newPage();
  const url = await page.evaluate((type) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [1600, 900];
    const pen = canvas.getContext("2d");
    if (pen === null) throw new Error("no canvas");
    pen.fillStyle = "#c00";
    pen.fillRect(0, 0, 1600, 900);
    pen.fillStyle = "#0a0";
    pen.fillRect(350, 0, 900, 900);
    return canvas.toDataURL(type, 0.95);
  }, kind);
  await context.close();
  const [head = "", base64 = ""] = url.split(",");
  expect(head).toBe(`data:${kind};base64`);
  return { name: `me.${kind.slice(6)}`, mimeType: kind, buffer: Buffer.from(base64, "base64") };
}

const file = (page: Page) => page.locator("input[type=file]");

interface Seen {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue of a corner. */
  readonly corner: readonly number[];
}

/** What is in a JPEG, as a browser sees it. */
const seen = (page: Page, base64: string): Promise<Seen> =>
  page.evaluate(async (text) => {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
    const canvas = new OffscreenCanvas(image.width, image.height);
    const pen = canvas.getContext("2d");
    pen?.drawImage(image, 0, 0);
    const corner = [...(pen?.getImageData(4, 4, 1, 1).data ?? [])].slice(0, 3);
    return { width: image.width, height: image.height, corner };
  }, base64);

async function usePicture(page: Page, kind: Kind): Promise<string> {
  await file(page).setInputFiles(await photo(kind));
  const dialog = page.getByRole("dialog", { name: "Is this how you want to be seen?" });
  await dialog.getByRole("img").waitFor();
  let sent = "";
  await page.route("**/v1/me/picture", (route) => {
    const { image } = route.request().postDataJSON() as { image: string };
    sent = image;
    return route.continue();
  });
  await dialog.getByRole("button", { name: "Use this picture" }).click();
  await page.getByText("Your picture is saved.").waitFor();
  await dialog.waitFor({ state: "detached" });
  await page.unroute("**/v1/me/picture");
  return sent;
}

describe("the picture in a profile", () => {
  test.each(looks)("%s", async (_, options) => {
    const { page, close } = await visit(browser, options);
    await enter(page, await registerPatient(), "/account/profile");
    await page.getByRole("button", { name: "Choose a picture" }).waitFor();
    await file(page).setInputFiles(await photo("image/jpeg"));
    await page.getByRole("dialog").getByRole("img").waitFor();
    await inspect(page, "preview of a picture");
    await page.getByRole("button", { name: "Use this picture" }).click();
    await page.getByText("Your picture is saved.").waitFor();
    await inspect(page, "a picture");
    await page.getByRole("button", { name: "Remove your picture" }).click();
    await page.getByRole("alertdialog").waitFor();
    await inspect(page, "remove a picture");
    await close();
  });
});

test("whatever the file was, the middle of it goes out as a small JPEG", async () => {
  const { page, close } = await visit(browser);
  await enter(page, await registerPatient(), "/account/profile");
  const shown = page.locator(".picture img.avatar");
  for (const kind of ["image/webp", "image/png", "image/jpeg"] as const) {
    const sent = await usePicture(page, kind);
    expect(sent.length).toBeLessThan(240_000);
    const { width, height, corner } = await seen(page, sent);
    expect([width, height]).toEqual([512, 512]);
    const [red = 0, green = 0] = corner;
    expect(green, "the middle is green").toBeGreaterThan(red);
    expect(await shown.getAttribute("src")).toMatch(/^data:image\/jpeg;base64,/);
  }
  await page.reload();
  await shown.waitFor();
  const kept = (await shown.getAttribute("src"))?.split(",")[1] ?? "";
  expect(await seen(page, kept)).toMatchObject({ width: 256, height: 256 });
  await close();
});

test("a file that is no picture is refused beside the button, here and there", async () => {
  const { page, close } = await visit(browser);
  await enter(page, await registerPatient(), "/account/profile");
  const text = { name: "me.png", mimeType: "image/png", buffer: Buffer.from("no picture") };
  await file(page).setInputFiles(text);
  await page.getByRole("alert").getByText("This file cannot be shown as a picture.").waitFor();
  await inspect(page, "no picture");

  await page.route("**/v1/me/picture", (route) =>
    route.fulfill({
      status: 422,
      contentType: "application/problem+json",
      body: JSON.stringify({
        status: 422,
        code: "NOT_A_PICTURE",
        errors: [{ pointer: "/image", code: "NOT_A_PICTURE", detail: "no" }],
      }),
    }),
  );
  await file(page).setInputFiles(await photo("image/png"));
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Use this picture" }).click();
  await dialog.getByText("This file cannot be shown as a picture.").waitFor();
  await inspect(page, "a picture that the API refuses");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await close();
});

test("staff of the clinic see it, the menu has it when it opens, and its owner takes it away", async () => {
  const ada = demoSignIn("patient");
  const { page, close } = await visit(browser);
  const { keyboard } = page;
  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/v1/me/picture")) asked.push(request.method());
  });
  await enter(page, ada, "/account/profile");
  const choose = page.getByRole("button", { name: "Choose a picture" });
  await choose.waitFor();
  const chooser = page.waitForEvent("filechooser");
  await tabTo(page, choose);
  await keyboard.press("Enter");
  await (await chooser).setFiles(await photo("image/jpeg"));
  const dialog = page.getByRole("dialog");
  await tabTo(page, dialog.getByRole("button", { name: "Use this picture" }));
  await keyboard.press("Enter");
  await page.getByText("Your picture is saved.").waitFor();

  asked.length = 0;
  await page.goto("/appointments");
  await page.getByRole("button", { name: /^Your account: Ada/ }).waitFor();
  await page.waitForTimeout(500);
  expect(asked, "nobody asks for it while the menu is closed").toEqual([]);
  const menu = await openMenu(page);
  await menu.locator("img.avatar").waitFor();
  await inspect(page, "menu with a picture");
  expect(asked).toEqual(["GET"]);

  const nurse = await visit(browser);
  await enter(nurse.page, demoSignIn("nurse"), `/clinic/patients/${ada.patient ?? ""}`);
  await nurse.page.locator("main img.avatar").waitFor();
  await inspect(nurse.page, "patient with a picture");

  await page.goto("/account/profile");
  await tabTo(page, page.getByRole("button", { name: "Remove your picture" }));
  await keyboard.press("Enter");
  await tabTo(page, page.getByRole("alertdialog").getByRole("button", { name: "Remove" }));
  await keyboard.press("Enter");
  await page.getByText("Your picture is removed.").waitFor();
  await choose.waitFor();
  // What was pressed is gone; the place is not.
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.textContent))
    .toBe("Personal details");
  await nurse.page.reload();
  await nurse.page.getByRole("heading", { level: 1, name: "Ada Lovelace" }).waitFor();
  expect(await nurse.page.locator("main img.avatar").count()).toBe(0);
  await nurse.close();
  await close();
});
