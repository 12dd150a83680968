/** JSON shapes, without logic. */
@NullMarked
package io.llmproxy.wire;

import org.jspecify.annotations.NullMarked;
