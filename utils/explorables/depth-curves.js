/* Errors through training, by depth and kind. utils/explorables/depth_curves.py draws every state. */
"use strict";

window.explorables.register("depth-curves", window.explorables.drawn);
