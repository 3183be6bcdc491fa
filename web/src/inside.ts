import { withInside } from "./i18n";

/** What is behind the sign-in comes with its words and its looks, all fetched at the same time and once. */
export function inside<M>(screen: () => Promise<M>): () => Promise<M> {
  return async () => {
    const [module] = await Promise.all([withInside(screen()), import("./styles/inside.css")]);
    return module;
  };
}
