"""The diagnostics bundle: what somebody who helps needs to know, without what is nobody's business."""
