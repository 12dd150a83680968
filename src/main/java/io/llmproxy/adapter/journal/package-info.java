/** The usage journal in segment files on the local disk. */
@NullMarked
package io.llmproxy.adapter.journal;

import org.jspecify.annotations.NullMarked;
