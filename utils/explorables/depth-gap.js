/* Errors by depth after brief trainings. utils/explorables/depth_gap.py draws every state. */
"use strict";

window.explorables.register("depth-gap", window.explorables.drawn);
