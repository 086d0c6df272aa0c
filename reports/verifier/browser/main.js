// The one script of the page; the worker runs the same text, and knows by its missing page.

import { show } from "./page.js";
import { serve } from "./worker.js";

if (typeof document === "undefined") serve();
else show();
