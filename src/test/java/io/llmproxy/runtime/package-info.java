/** Tests of the snapshot. */
@NullMarked
package io.llmproxy.runtime;

import org.jspecify.annotations.NullMarked;
