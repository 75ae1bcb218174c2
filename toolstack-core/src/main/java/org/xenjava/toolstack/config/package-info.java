// SPDX-License-Identifier: Apache-2.0
/**
 * A guest's configuration: immutable records that are validated when they are made. The package contains none of Xen's
 * numbers and no file format; {@link org.xenjava.toolstack.config.xl} reads and writes xl.cfg files.
 */
@NullMarked
package org.xenjava.toolstack.config;

import org.jspecify.annotations.NullMarked;
