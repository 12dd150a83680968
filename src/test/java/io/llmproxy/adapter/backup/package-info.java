/** Tests of backups as files. */
@NullMarked
package io.llmproxy.adapter.backup;

import org.jspecify.annotations.NullMarked;
