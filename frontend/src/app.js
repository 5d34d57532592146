// What every page runs. Pages work without it: links, forms and the browser's own player do.
import "htmx.org/dist/htmx.esm.js";
import "./going.js";
import "./looks.js";
import "./searching.js";
import "./listing.js";
import "./picking.js";
import "./recording.js";
import "./keys.js";
import "./player.js";

document.documentElement.classList.add("js");
