/** Copies of the state as files: their form, their seal, and the directory that they are kept in. */
@NullMarked
package io.llmproxy.adapter.backup;

import org.jspecify.annotations.NullMarked;
