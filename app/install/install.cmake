# What `cmake --install` and the packages hold, beside the program: assets, manual page, completions, desktop entry, icon.
include(GNUInstallDirs)
set(here ${CMAKE_CURRENT_LIST_DIR})
install(TARGETS headlight RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# app/files/assets.cpp looks in share/headlight beside the folder of the program.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/assets DESTINATION ${CMAKE_INSTALL_DATADIR}/headlight
        PATTERN "train" EXCLUDE PATTERN "window.png" EXCLUDE)
install(FILES ${here}/org.headlight.Headlight.desktop DESTINATION ${CMAKE_INSTALL_DATADIR}/applications)
install(FILES ${here}/org.headlight.Headlight.metainfo.xml DESTINATION ${CMAKE_INSTALL_DATADIR}/metainfo)
install(FILES ${here}/org.headlight.Headlight.svg DESTINATION ${CMAKE_INSTALL_DATADIR}/icons/hicolor/scalable/apps)
install(FILES ${here}/headlight.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME headlight)
install(FILES ${here}/_headlight DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${here}/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})

# The manual page is what --help says, so that it can only be made where the program runs. The changelog is packed without
# a time, so that the same sources give the same file.
find_package(Python3 COMPONENTS Interpreter)
find_program(GZIP gzip)
if(Python3_FOUND AND GZIP AND NOT CMAKE_CROSSCOMPILING)
  set(made ${PROJECT_BINARY_DIR}/install)
  file(MAKE_DIRECTORY ${made})
  configure_file(${here}/changelog.in ${made}/changelog @ONLY)
  add_custom_command(OUTPUT ${made}/headlight.1.gz ${made}/changelog.gz ${made}/NEWS.gz
    COMMAND ${Python3_EXECUTABLE} ${here}/man_page.py $<TARGET_FILE:headlight> > ${made}/headlight.1
    COMMAND ${GZIP} -9nf ${made}/headlight.1
    COMMAND ${GZIP} -9nc ${made}/changelog > ${made}/changelog.gz
    COMMAND ${GZIP} -9nc ${PROJECT_SOURCE_DIR}/CHANGELOG.md > ${made}/NEWS.gz
    DEPENDS headlight ${here}/man_page.py ${made}/changelog ${PROJECT_SOURCE_DIR}/CHANGELOG.md VERBATIM)
  add_custom_target(manual DEPENDS ${made}/headlight.1.gz)
  install(FILES ${made}/headlight.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 OPTIONAL)
  install(FILES ${made}/changelog.gz ${made}/NEWS.gz DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
endif()

set(CPACK_PACKAGE_NAME headlight)
set(CPACK_PACKAGE_VENDOR "The Headlight authors")
set(CPACK_PACKAGE_CONTACT "The Headlight authors <headlight@users.noreply.github.com>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "viewer of the attention and the cost of Vision Transformers")
set(CPACK_PACKAGE_DESCRIPTION "Opens a photograph and a Vision Transformer, runs the network live on the
processor, and shows where every attention head looks beside what each
operator costs: formula, operations, bytes and measured milliseconds.
Exports figures and numbers.")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libgl1-mesa-dri, fonts-inter")
include(CPack)
