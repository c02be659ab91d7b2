// SPDX-License-Identifier: Apache-2.0
package org.crtools.fault;

import java.util.Locale;

/**
 * The steps of a dump and of a restore that change something outside of crtools, or that wait for it. Each is passed
 * right after it was taken, as often as it is taken. What is passed, and how often, is told by {@code --fault=list}.
 */
public enum FaultPoint {
    FOLDER_CREATED,
    REHEARSED,
    THREAD_SEIZED,
    THREAD_STOPPED,
    TREE_FROZEN,
    CORE_OPENED,
    TREE_CAPTURED,
    CONTENTS_CREATED,
    CONTENTS_WRITTEN,
    OBJECT_SAVED,
    CORE_CREATED,
    CORE_COPIED,
    THREAD_RELEASED,
    PROGRAMS_PLANNED,
    CORE_FINISHED,
    TREE_CREATED,
    TREE_WRITTEN,
    FILE_SYNCED,
    FOLDER_RENAMED,
    PROCESS_STOPPED,
    PROCESS_KILLED,
    RESTORE_CHECKED,
    IMAGE_STARTED;

    /** "folder created". */
    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
